import type { Figure } from '../figure.ts'
import type { Setting } from '../settled.ts'
import { crashes } from './crashes.ts'
import { falseFailures } from './false-failures.ts'

/** Whether those who are down are found out soon, and those who are up left alone. */
export function failureDetection(setting: Setting): Figure[] {
  return [...falseFailures(setting), ...crashes(setting)]
}
