/**
 * The rules for names, labels and annotations that hold for every object.
 */
import { child, isRecord, type FieldProblem } from './schema.ts';

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const serviceLabel = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const labelName = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;

/** What an object's name has to be: a DNS label, one that begins with a letter, or a DNS name. */
export type NameRule = 'label' | 'service' | 'subdomain';

/** @returns what is wrong with `metadata`. */
export function validateMetadata(metadata: unknown, rule: NameRule, namespaced: boolean): readonly FieldProblem[] {
  if (!isRecord(metadata)) return [{ field: 'metadata', message: 'must be an object with a name' }];
  return [
    ...validateName(metadata.name, rule),
    ...(namespaced ? validateNamespace(metadata.namespace) : []),
    ...validateMap(metadata.labels, 'metadata.labels', (value) => value === '' || labelName.test(value)),
    ...validateMap(metadata.annotations, 'metadata.annotations', () => true),
    ...validateTime(metadata.creationTimestamp),
  ];
}

function validateName(name: unknown, rule: NameRule): readonly FieldProblem[] {
  const field = 'metadata.name';
  if (typeof name !== 'string' || name === '') return [{ field, message: 'is required and must be text' }];
  const limit = rule === 'subdomain' ? 253 : 63;
  if (name.length > limit) return [{ field, message: `has ${name.length} characters; at most ${limit} are allowed` }];
  if (rule === 'service' && !serviceLabel.test(name)) {
    return [{ field, message: 'must be lower case letters, digits and -, begin with a letter and not end with -' }];
  }
  if (rule === 'label' && !label.test(name)) {
    return [{ field, message: 'must be lower case letters, digits and -, and not begin or end with -' }];
  }
  if (rule === 'subdomain' && !name.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part))) {
    return [{ field, message: 'must be lower case letters, digits, - and ., and its parts not begin or end with -' }];
  }
  return [];
}

function validateNamespace(namespace: unknown): readonly FieldProblem[] {
  if (typeof namespace === 'string' && label.test(namespace)) return [];
  return [{ field: 'metadata.namespace', message: 'must be a DNS label of at most 63 characters' }];
}

function validateMap(map: unknown, path: string, valid: (value: string) => boolean): readonly FieldProblem[] {
  if (map === undefined) return [];
  if (!isRecord(map)) return [{ field: path, message: 'must be a map of text' }];
  return Object.entries(map).flatMap(([name, value]) => {
    const field = child(path, name);
    if (!labelName.test(name.slice(name.indexOf('/') + 1))) return [{ field, message: 'is not a valid key' }];
    if (typeof value !== 'string') return [{ field, message: 'must be text; put quotes around it' }];
    return valid(value) ? [] : [{ field, message: 'is not a valid label value' }];
  });
}

function validateTime(time: unknown): readonly FieldProblem[] {
  if (time === undefined || (typeof time === 'string' && !Number.isNaN(Date.parse(time)))) return [];
  return [{ field: 'metadata.creationTimestamp', message: 'must be a time as 2026-01-31T12:00:00Z' }];
}
