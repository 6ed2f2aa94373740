/** The packages that the design card names are what the operator is built on, not merely installed. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const sources = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'));

describe('src', () => {
  it.each(['@dot-i/k8s-operator', '@kubernetes/client-node', 'got', 'winston'])('imports %s', (name) => {
    const importing = new RegExp(`^(import (?!type )[^;]*|} )from '${name}';$`, 'm');
    expect(sources.filter((text) => importing.test(text)).length).toBeGreaterThan(0);
  });
});
