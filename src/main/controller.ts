/** Connections to a controller that the configuration names. */
import { createAviClient, type AviClient, type AviClientOptions } from '../avi/client.ts';
import { createInventory, type InventoryStore } from '../avi/inventory.ts';
import type { Config } from '../config.ts';
import { readControllerCa, readCredentials } from '../config/credentials.ts';
import type { Identity } from '../plan/inventory/identity.ts';
import { aviSchema, type AviSchema } from '../plan/content/schema.ts';
import { akoUsers } from '../takeover/ako.ts';
import { managedBy } from '../translate/naming/markers.ts';
import { createdBy } from '../translate/naming/names.ts';
import schemaDocument from '../../generated/avi.schema.json' with { type: 'json' };
import { CommandFailure } from './failure.ts';

/** What marks this cluster's objects; AKO's are among them only under `takeover: ako`. */
export function identityOf(config: Config): Identity {
  const { clusterName, takeover, akoNamespace } = config;
  const ours: Identity = { clusterName, createdBy: [createdBy(clusterName)], managedBy: [managedBy] };
  if (takeover === 'none') return ours;
  return {
    clusterName,
    createdBy: [...ours.createdBy, ...akoUsers(clusterName, akoNamespace)],
    managedBy: [...ours.managedBy, undefined],
  };
}

/** The controller's schema, for comparing. */
export function controllerSchema(): AviSchema {
  return aviSchema(schemaDocument);
}

/**
 * A client for the configured controller; nothing is sent yet. Credentials are read at each login.
 *
 * @throws CommandFailure with `exitCode` when no controller is configured.
 */
export function connect(
  config: Config,
  exitCode: number,
  more: Pick<AviClientOptions, 'onCall' | 'mayWrite' | 'concurrency' | 'retry'> = {},
): AviClient {
  const { addresses, tls, credentialsDir, apiVersion } = config.controller;
  if (addresses.length === 0) {
    throw new CommandFailure(
      'no controller: set controller.addresses in the configuration or give --controller',
      exitCode,
    );
  }
  const readCa = (): string | undefined => readControllerCa(tls.caFile, credentialsDir);
  const ca = readCa();
  return createAviClient({
    addresses,
    credentials: () =>
      readCredentials({ ...(credentialsDir !== undefined && { directory: credentialsDir }), env: process.env }),
    tls: {
      insecureSkipVerify: tls.insecureSkipVerify,
      rereadCa: () => quietly(readCa),
      ...(ca !== undefined && { ca }),
    },
    apiVersion,
    concurrency: config.concurrency,
    ...more,
  });
}

/** The inventory of this cluster's objects, over all tenants where the user may see them; not loaded yet. */
export function inventoryOf(config: Config, client: AviClient): InventoryStore {
  return createInventory({
    client,
    identity: identityOf(config),
    tenants: ['*'],
    defaultTenant: config.tenant,
  });
}

/** While files are replaced, one may be missing. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
