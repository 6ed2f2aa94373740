/** Matches of HTTPRoutes' and GRPCRoutes' rules, with the API's defaults. */

export interface PathMatch {
  readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression';
  readonly value: string;
}

export interface ValueMatch {
  readonly type: string;
  readonly name: string;
  readonly value: string;
}

/** One entry of `rules[].matches`, with the API's defaults. */
export interface RuleMatch {
  readonly path: PathMatch;
  readonly method?: string;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
  /**
   * Of a GRPCRoute's match: what the path was made of, by which its precedence is judged. Absent for HTTPRoutes; empty
   * for a GRPCRoute's match of every method. Types other than Exact are RegularExpression.
   */
  readonly grpc?: { readonly service?: string; readonly method?: string };
}
