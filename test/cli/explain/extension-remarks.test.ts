import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ApplicationProfile } from '../../../generated/extensions.ts';
import { readRequest } from '../../../src/cli/explain/request.ts';
import { describeExplanation } from '../../../src/cli/explain/text.ts';
import { explainEverywhere } from '../../../src/cli/explain.ts';
import { evaluateManifests, type Evaluation } from '../../../src/cli/offline.ts';
import { loadConfig } from '../../../src/config.ts';
import { OFFLINE_SITE } from '../../../src/main/settings.ts';

describe('extensions and policies of the rule that answers', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'avi-gateway-explain-')), 'in.yaml');
  const config = loadConfig({ flags: { clusterName: 'c1' } });
  const namespace = 'default';
  const versions: Readonly<Record<string, string>> = { L7Rule: 'v1alpha2', ApplicationProfile: 'v1alpha1' };
  const ako = (kind: string, name: string, spec: object) => ({
    apiVersion: `ako.vmware.com/${versions[kind] ?? 'v1beta1'}`,
    kind,
    metadata: { name, namespace, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec,
  });
  const policy = (kind: string, name: string, target: object, spec: object, created: string) => ({
    apiVersion: 'avi.gateway-operator.io/v1alpha1',
    kind,
    metadata: { name, namespace, creationTimestamp: created },
    spec: { targetRefs: [target], ...spec },
  });
  const explained = async (objects: readonly object[], change = (evaluation: Evaluation) => evaluation) => {
    const filters = [
      { type: 'ExtensionRef', extensionRef: { group: 'ako.vmware.com', kind: 'L7Rule', name: 'l7' } },
      { type: 'ExtensionRef', extensionRef: { group: 'ako.vmware.com', kind: 'ApplicationProfile', name: 'gone' } },
    ];
    const route = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'web', namespace },
      spec: { parentRefs: [{ name: 'one' }], rules: [{ filters, backendRefs: [{ name: 'web', port: 80 }] }] },
    };
    const other = {
      ...route,
      metadata: { name: 'other', namespace },
      spec: { ...route.spec, hostnames: ['x.one.example.com'] },
    };
    const gateway = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'one', namespace },
      spec: { gatewayClassName: 'avi-lb', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
    };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { ports: [{ port: 80 }] },
    };
    writeFileSync(file, [gateway, route, other, service, ...objects].map((one) => JSON.stringify(one)).join('\n---\n'));
    const evaluation = change(await evaluateManifests([file], config, OFFLINE_SITE));
    const [one] = explainEverywhere(
      evaluation,
      config,
      OFFLINE_SITE,
      readRequest({ url: 'http://one.example.com/', method: 'get', headers: [] }),
    );
    if (!one) throw new Error('no explanation');
    return {
      remarks: one.remarks.map(({ extension, reason, message }) => `${extension}: ${reason}: ${message}`),
      text: describeExplanation(one, [], one.remarks),
    };
  };
  /** As it is where the running operator has told the ApplicationProfile that the controller refuses it. */
  const refused = (evaluation: Evaluation): Evaluation => {
    const condition = { type: 'Programmed', status: 'False', reason: 'BadRequest', message: 'the controller says no' };
    const conditions = [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }];
    const { extensions } = evaluation.snapshot;
    const profiles = [...extensions.ApplicationProfile].map(([key, one]) => [key, { ...one, status: { conditions } }]);
    const ApplicationProfile = new Map(profiles as [string, ApplicationProfile][]);
    return { ...evaluation, snapshot: { ...evaluation.snapshot, extensions: { ...extensions, ApplicationProfile } } };
  };
  const gatewayTarget = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'one' };

  it('are shown where they failed, and those that hold are not', async () => {
    const { remarks, text } = await explained([
      ako('L7Rule', 'l7', { minPoolsUp: 1 }),
      ako('HostRule', 'first', { virtualhost: { fqdn: 'one.example.com' } }),
      ako('HostRule', 'second', { virtualhost: { fqdn: 'one.example.com' } }),
      ako('HostRule', 'elsewhere', { virtualhost: { fqdn: 'x.one.example.com' } }),
      policy('AviFrontendPolicy', 'good', gatewayTarget, { wafPolicy: 'Waf' }, '2026-01-01T00:00:00Z'),
      policy('AviFrontendPolicy', 'late', gatewayTarget, { wafPolicy: 'Other' }, '2026-01-02T00:00:00Z'),
      policy(
        'AviFrontendPolicy',
        'bad',
        { ...gatewayTarget, kind: 'HTTPRoute', name: 'web' },
        { access: { deny: ['10.0.0.0/99'] } },
        '2026-01-01T00:00:00Z',
      ),
      policy(
        'AviFrontendPolicy',
        'of-another',
        { ...gatewayTarget, kind: 'HTTPRoute', name: 'other' },
        { access: { deny: ['10.0.0.0/99'] } },
        '2026-01-01T00:00:00Z',
      ),
      policy(
        'AviBackendPolicy',
        'monitors',
        { group: '', kind: 'Service', name: 'web' },
        { healthMonitors: [{ kind: 'HealthMonitor', name: 'none' }] },
        '2026-01-01T00:00:00Z',
      ),
    ]);
    expect(remarks).toEqual([
      'ApplicationProfile default/gone: NotFound: does not exist',
      'HostRule default/second: Rejected: duplicate fqdn one.example.com found in default/first',
      expect.stringMatching(/^AviBackendPolicy default\/monitors: Invalid: spec.healthMonitors\S* /),
      expect.stringMatching(
        /^AviFrontendPolicy default\/bad: Invalid: spec.access: 10.0.0.0\/99 is not an address or a subnet/,
      ),
      expect.stringMatching(/^AviFrontendPolicy default\/late: Conflicted: /),
    ]);
    expect(text).toContain(
      'Extensions and policies that do not hold as they are written:\n  ApplicationProfile default/gone',
    );
  });

  it('are shown where the operator has found out more on the controller, where fields are ignored, and where a rule is of another namespace', async () => {
    const stranger = ako('HTTPRule', 'stranger', { fqdn: 'one.example.com', paths: [{ target: '/' }] });
    const objects = [
      ako('L7Rule', 'l7', { hostNameXlate: 'a.b' }),
      ako('ApplicationProfile', 'gone', { type: 'APPLICATION_PROFILE_TYPE_HTTP' }),
      { ...stranger, metadata: { ...stranger.metadata, namespace: 'shop' } },
    ];
    const { remarks } = await explained(objects, refused);
    expect(remarks).toEqual([
      'ApplicationProfile default/gone: BadRequest: the controller says no',
      expect.stringMatching(/^L7Rule default\/l7: Ignored: ignored: spec.hostNameXlate /),
      'HTTPRule shop/stranger: OtherNamespace: holds for routes of its own namespace only, not for those of default',
    ]);
  });
});
