/**
 * Servers of a pool for service type NodePortLocal: each pod is reached at its node, by the port that Antrea gave it in the
 * pod's annotation `nodeportlocal.antrea.io`. Which pods there are, and whether they are ready, EndpointSlices say.
 */
import { addressFamily, type Reach, type Reached, type SliceEndpoint } from './endpoints.ts';
import { portNumber } from '../../values/read.ts';
import type { EndpointSlice, Pod, ServicePort, Snapshot } from '../snapshot.ts';

/** Annotation by which Antrea says at which ports of its node a pod is reached. */
export const nodePortLocalAnnotation = 'nodeportlocal.antrea.io';

/** A pod without the annotation, or without its port in it, cannot be reached (yet). */
export function nodePortLocal(port: ServicePort, pods: Snapshot['pods']): Reach {
  const protocol = (port.protocol ?? 'TCP').toLowerCase();
  return (slice, endpoint, number) => {
    const key = podOf(slice, endpoint);
    const pod = key === undefined ? undefined : pods.get(key);
    return pod && localPorts(pod).find((entry) => entry.podPort === number && entry.protocols.includes(protocol));
  };
}

/** Keys (`namespace/name`) of the pods behind slices. */
export function podsOf(slices: readonly EndpointSlice[]): readonly string[] {
  return slices.flatMap((slice) => (slice.endpoints ?? []).flatMap((endpoint) => podOf(slice, endpoint) ?? []));
}

/** A pod cannot be of another namespace than its slice: "targetRef" of another one is not followed. */
function podOf({ metadata }: EndpointSlice, { targetRef }: SliceEndpoint): string | undefined {
  return targetRef?.kind === 'Pod' && targetRef.name ? `${metadata.namespace}/${targetRef.name}` : undefined;
}

interface LocalPort extends Reached {
  readonly podPort: number;
  readonly protocols: readonly string[];
}

/** The annotation is JSON: `[{"podPort":8080,"nodeIP":"10.0.0.1","nodePort":61000,"protocol":"tcp"}]`. */
function localPorts({ metadata }: Pod): readonly LocalPort[] {
  return parsed(metadata.annotations?.[nodePortLocalAnnotation]).flatMap((entry) => {
    const { podPort, nodeIP: address, nodePort, protocol, protocols } = entry;
    const family = addressFamily(address);
    const [from, to] = [portNumber(podPort), portNumber(nodePort)];
    if (typeof address !== 'string' || !family || from === undefined || to === undefined) return [];
    // Antrea before 1.7 listed several protocols for a port.
    const spoken = Array.isArray(protocols) ? protocols : [protocol ?? 'tcp'];
    return [{ address, family, port: to, podPort: from, protocols: spoken.map((one) => String(one).toLowerCase()) }];
  });
}

type Entry = Readonly<Record<string, unknown>>;

function parsed(annotation: string | undefined): readonly Entry[] {
  if (annotation === undefined) return [];
  try {
    const value: unknown = JSON.parse(annotation);
    if (!Array.isArray(value)) return [];
    return value.filter((entry): entry is Entry => typeof entry === 'object' && entry !== null);
  } catch {
    return [];
  }
}
