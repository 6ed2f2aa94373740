/** Parts of an application profile that concern requests and answers as a whole. */

/** How large a request may be. */
export interface RequestLimits {
  /** Of one header line. */
  readonly headerBytes: number;
  /** Of all header lines and the request line. */
  readonly headersBytes: number;
  /** Number of header lines; 0: no limit. */
  readonly headers: number;
  /** 0: no limit. */
  readonly bodyBytes: number;
}

/** What is changed in the answers of servers. */
export interface AnswerRules {
  /** Strict-Transport-Security of answers over TLS; absent: none is added. */
  readonly hsts?: string;
  readonly httpOnlyCookies: boolean;
  readonly secureCookies: boolean;
  /** Whether redirects to http become redirects to https for clients that came over TLS. */
  readonly redirectsToHttps: boolean;
}

/** Which answers are compressed, and how. */
export interface Compression {
  /** Media types, lower case, without parameters. */
  readonly types: ReadonlySet<string>;
  /** Of gzip, 0 to 9. */
  readonly level: number;
  /** Shorter bodies are left as they are. */
  readonly minBytes: number;
  /** Whether servers are not told what clients accept, so that they leave the work here. */
  readonly hidesAcceptEncoding: boolean;
}
