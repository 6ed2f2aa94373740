/** References to Avi objects by name, each spelled as AKO spells it; Avi takes them with and without the slash. */
import type { AviName } from '../../routing/extensions/avi-settings.ts';
import type { AviType } from '../desired.ts';

type ReferencedType =
  | AviType
  | AviName['type']
  | 'tenant'
  | 'cloud'
  | 'serviceenginegroup'
  | 'vrfcontext'
  | 'network'
  | 'networkprofile'
  | 'protocolparser';

/** `/api/<type>/?name=<name>`. */
export function ref(type: ReferencedType, name: string): string {
  return `/api/${type}/?name=${encodeURIComponent(name)}`;
}

/** `/api/<type>?name=<name>`, as AKO writes some references. */
export function bareRef(type: ReferencedType, name: string): string {
  return `/api/${type}?name=${encodeURIComponent(name)}`;
}

/** `/api/<type>/<uuid>`. */
export function uuidRef(type: ReferencedType, uuid: string): string {
  return `/api/${type}/${encodeURIComponent(uuid)}`;
}
