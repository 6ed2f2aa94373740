import { operatorNamespace, serviceAccount } from '../cluster/apiserver/operator-process.ts';

/** No call of the operator's account is taken; watches that run go on, and leader election has a level of its own. */
export const shedding = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'PriorityLevelConfiguration',
      metadata: { name: 'shed' },
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } },
      },
    },
    {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name: 'shed' },
      spec: {
        matchingPrecedence: 50,
        priorityLevelConfiguration: { name: 'shed' },
        distinguisherMethod: { type: 'ByUser' },
        rules: [
          {
            subjects: [
              { kind: 'ServiceAccount', serviceAccount: { name: serviceAccount, namespace: operatorNamespace } },
            ],
            resourceRules: [
              {
                verbs: ['*'],
                apiGroups: [
                  '',
                  'gateway.networking.k8s.io',
                  'discovery.k8s.io',
                  'events.k8s.io',
                  'apiextensions.k8s.io',
                ],
                resources: ['*'],
                namespaces: ['*'],
                clusterScope: true,
              },
            ],
            nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
          },
        ],
      },
    },
  ],
});
