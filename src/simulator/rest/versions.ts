import { isObject } from '../store/document.ts';
import { refuse, refuseField } from '../store/errors.ts';

/** Fields that came after 16.4, where our sources name the release (avi-model.md 0, 2, 4.2). */
const introduced: Readonly<Record<string, string>> = {
  enable_http2: '20.1.1',
  hdr_index: '22.1.1',
  other_status_code: '30.2.1',
  allow_pki_errors: '30.1.1',
};

/** The model that a client gets which sends no X-Avi-Version. */
const legacyVersion = '16.4.2';

/** Release of EVH matches with rules instead of paths. */
const matchRulesVersion = '22.1.3';

/** The AVI_API_VERSION reply header. */
export function echoedVersion(version: string | undefined): string {
  return version ?? legacyVersion.replaceAll('.', '_');
}

/**
 * Checks an X-Avi-Version header.
 * @throws ApiError 400 when it is malformed or newer than the controller.
 */
export function checkVersion(version: string | undefined, newest: string): void {
  if (version === undefined) return;
  if (!/^\d+(\.\d+){1,2}$/.test(version)) throw refuse(400, `Invalid version header X-Avi-Version '${version}'.`);
  if (compare(version, newest) > 0) {
    throw refuse(
      400,
      `Unsupported API version ${underscored(version)}, this controller supports up to ${underscored(newest)}.`,
    );
  }
}

/**
 * Refuses fields that are newer than the version which the client asked for.
 * @throws ApiError 400 "Incoming request (v18_2_8) has field (enable_http2) introduced in later versions(v20_1_1)."
 */
export function checkFields(body: unknown, version: string | undefined): void {
  const asked = version ?? legacyVersion;
  if (compare(asked, '30.2.1') >= 0) return;
  if (compare(asked, matchRulesVersion) < 0) checkMatchRules(body);
  walk(body, (field) => {
    const since = introduced[field];
    if (since === undefined || compare(asked, since) >= 0) return;
    throw refuse(
      400,
      `Incoming request (${underscored(asked)}) has field (${field}) introduced in later versions(${underscored(since)}).`,
    );
  });
}

function checkMatchRules(body: unknown): void {
  if (!isObject(body) || !Array.isArray(body['vh_matches'])) return;
  const usesRules = (body['vh_matches'] as unknown[]).some((match) => isObject(match) && match['rules'] !== undefined);
  if (!usesRules) return;
  throw refuseField('vh_matches', '{"path":"Field check for path failed : There must be at least 1 path"}');
}

function walk(value: unknown, visit: (field: string) => void): void {
  if (Array.isArray(value)) value.forEach((element) => walk(element, visit));
  else if (isObject(value)) {
    for (const [field, child] of Object.entries(value)) {
      visit(field);
      walk(child, visit);
    }
  }
}

function compare(left: string, right: string): number {
  const [first, second] = [left, right].map((version) => version.split('.').map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (first?.[index] ?? 0) - (second?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function underscored(version: string): string {
  return `v${version.replaceAll('.', '_')}`;
}
