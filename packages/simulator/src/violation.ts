/** A rule of `engine/SPEC.md` that was broken. */
export class Violation extends Error {
  readonly rule: string

  constructor(rule: string, what: string) {
    super(`[${rule}] ${what}`)
    this.name = 'Violation'
    this.rule = rule
  }
}

/** Throws a `Violation` unless `condition` holds. */
export function check(condition: boolean, rule: string, what: () => string): void {
  if (!condition) throw new Violation(rule, what())
}
