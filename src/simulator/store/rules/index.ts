import { refuseField } from '../errors.ts';
import { certificateRule, pkiProfileRule } from './certificate.ts';
import { dataScriptRule } from './data-script.ts';
import { httpPolicySetRule } from './http-policy.ts';
import { poolRule } from './pool.ts';
import type { Rule, RuleContext } from './rule.ts';
import { virtualServiceRule } from './virtual-service.ts';
import { vsVipRule } from './vs-vip.ts';

/** An application profile's type cannot change (avi-model.md 4.6). */
function applicationProfileRule({ draft, previous }: RuleContext): void {
  if (previous && previous.body['type'] !== draft['type']) throw refuseField('type', 'type: cannot be changed.');
}

/** What the controller checks and completes beyond the schema, by REST type. */
export const rules: Readonly<Record<string, Rule>> = {
  applicationprofile: applicationProfileRule,
  httppolicyset: httpPolicySetRule,
  pkiprofile: pkiProfileRule,
  pool: poolRule,
  sslkeyandcertificate: certificateRule,
  virtualservice: virtualServiceRule,
  vsdatascriptset: dataScriptRule,
  vsvip: vsVipRule,
};
