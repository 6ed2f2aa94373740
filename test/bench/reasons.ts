/** Why bars are missed, by the id of the bar: the one part of the published table that is written by hand. */
export const reasons: Readonly<Record<string, string>> = {
  counts:
    'Gateways share the calls in flight, first come, first served; one of which nothing gets done for 2 s has its routes told what is known, and a second time when they are there',
  bulk: 'the load, the API server and the operator share two cores while routes come in ("Where the operator\'s time goes"), and calls in flight run low at the ends of a plan, as the next is made after it has been applied',
  incumbent: 'as for the bulk load',
  'one-time':
    'the walks that are left in routing and translation, and collection of garbage near the limit of the heap',
  growth: 'as for the last write of one more route',
  'endpoint-time': 'garbage collection near the limit of the heap',
  'endpoint-cpu':
    'a call alone costs 0.9 ms; the rest is the watch event, the plan of one pool and collection of garbage',
  'restart-ready': 'the lists of both servers are parsed and compared in one thread',
  memory:
    '115 MB before anything is read, 57 MB of them the file of Node itself; about 27 kB a route of live heap, the rest garbage that is not collected yet',
};
