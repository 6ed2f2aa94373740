/** What the objects of extensions on the controller are made of. */
import type { ApplicationProfile, HealthMonitor } from '../../../generated/extensions.ts';

/** Which extension, and whether it may have the name that it would have. */
export interface ExtensionName {
  /** `namespace/name`. */
  readonly key: string;
  /** An older extension of the kind would have the same name on the controller (`a-b/c` and `a/b-c`). */
  readonly contested?: true;
}

export interface HealthMonitorObject extends ExtensionName {
  readonly kind: 'HealthMonitor';
  readonly spec: HealthMonitor['spec'];
  /** Never to be logged. `version` changes with the Secret: the controller does not show a password to compare with. */
  readonly credentials?: { readonly username: string; readonly password: string; readonly version?: string };
}

export interface PkiProfileObject extends ExtensionName {
  readonly kind: 'PKIProfile';
  /** PEM, one certificate each; never empty. */
  readonly certificates: readonly string[];
}

export interface ApplicationProfileObject extends ExtensionName {
  readonly kind: 'ApplicationProfile';
  readonly spec: ApplicationProfile['spec'];
}

export type ExtensionObject = HealthMonitorObject | PkiProfileObject | ApplicationProfileObject;
