/** @packageDocumentation Recorded editing histories, and how to type them again; fit for browsers. */
export { CONTENT, Typist } from './typist.ts'
export { TraceError } from './trace-error.ts'
export { AGENTS_MAX, parseTrace, type Patch, type Trace, type Transaction } from './trace.ts'
