import { describe, expect, it } from '@jest/globals';
import { mergeInfrastructure } from '../../src/routing/listeners/infrastructure.ts';

describe('infrastructure settings', () => {
  it('have each field from the last source that sets it', () => {
    const merged = mergeInfrastructure(
      { seGroup: 'class', enableRHI: true, vipNetworks: [{ networkName: 'a' }] },
      undefined,
      { seGroup: 'gateway', enableRHI: false },
    );
    expect(merged).toEqual({ seGroup: 'gateway', enableRHI: false, vipNetworks: [{ networkName: 'a' }] });
  });

  it('are empty without any source', () => expect(mergeInfrastructure(undefined)).toEqual({}));
});
