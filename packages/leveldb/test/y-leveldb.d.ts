/** The part of y-leveldb 0.2.0 that is tested against; its `exports` hide the types that it has. */
declare module 'y-leveldb' {
  import type * as Y from 'yjs'

  export const keyEncoding: {
    encode(key: readonly (string | number)[]): Uint8Array
    decode(key: Uint8Array): (string | number)[]
  }

  export class LeveldbPersistence {
    constructor(location: string)
    getAllDocNames(): Promise<string[]>
    getAllDocStateVectors(): Promise<{ name: string; sv: Uint8Array; clock: number }[]>
    getYDoc(document: string): Promise<Y.Doc>
    getStateVector(document: string): Promise<Uint8Array>
    storeUpdate(document: string, update: Uint8Array): Promise<number>
    setMeta(document: string, key: string, value: unknown): Promise<void>
    getMeta(document: string, key: string): Promise<unknown>
    clearDocument(document: string): Promise<void>
    flushDocument(document: string): Promise<void>
    destroy(): Promise<void>
  }
}
