/** Where a request or connection goes: a pool or a pool group of the virtual service, by uuid. */
export type Target = { readonly kind: 'pool' | 'poolgroup'; readonly uuid: string; readonly name: string };
