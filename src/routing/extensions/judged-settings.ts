import type { AviName } from './avi-settings.ts';
import type { RoutedBackend } from '../result/routed-backend.ts';

/** What is to be said of an extension without an object on the controller. */
export interface JudgedSettings {
  readonly named: readonly AviName[];
  readonly failures: readonly NonNullable<RoutedBackend['invalid']>[];
  /** Paths of fields that are not honoured. */
  readonly ignored: readonly string[];
}
