/**
 * The letter that a token's address begins with says which type it belongs to. Two types under one
 * name therefore never mix; they are told apart, and named, by this table.
 */
export const KIND_OF_CODE: Readonly<Record<string, string>> = {
  r: 'register',
  m: 'multiValueRegister',
  c: 'counter',
  b: 'boundedCounter',
  e: 'flag (enable wins)',
  d: 'flag (disable wins)',
  a: 'set (add wins)',
  x: 'set (remove wins)',
  g: 'set (grow only)',
  l: 'list',
  t: 'tree',
  h: 'hyperLogLog',
  s: 'countMinSketch',
  q: 'quantiles',
  k: 'topK',
}

export const COUNTER = 'c'

/** What a removal saw of a counter: the sums that it took away. */
export const COUNTER_RESET = 'C'

/** That a key was changed, where the change itself left no token. */
export const TOUCH = '+'

/**
 * Rights outlive the key that they were created under: a removal that could destroy them could also
 * destroy what their holder spends at the same moment.
 */
export const BOUNDED_COUNTER = 'b'

/** Whether a token with this code shows that the keys it lies under are there. */
export function showsPresence(code: string): boolean {
  return code !== COUNTER_RESET && code !== BOUNDED_COUNTER
}
