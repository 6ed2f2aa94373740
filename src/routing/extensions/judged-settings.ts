import type { AviName, RoutedBackend } from '../result.ts';

/** What is to be said of an extension without an object on the controller. */
export interface JudgedSettings {
  readonly named: readonly AviName[];
  readonly failures: readonly NonNullable<RoutedBackend['invalid']>[];
  /** Paths of fields that are not honoured. */
  readonly ignored: readonly string[];
}
