/**
 * Every bound that both ends of a wire must agree on, with its unit in its name. What happens at a
 * bound is said where it is enforced; a frame over
 * `frameBytesMax` closes its connection.
 */
export const LIMITS = {
  /** One WebSocket message, either way. */
  frameBytesMax: 16_777_216,
  /** One Yjs update of one document, as a client sends it or an entry carries it. */
  updateBytesMax: 8_388_608,
  /** Structs plus deleted ranges in one update. */
  updateStructsMax: 1_000_000,
  /** Distinct Yjs client ids in one update. */
  updateClientsMax: 10_000,
  /** An own entry is sealed, and the next begun, once its updates reach this size. */
  entrySealBytes: 1_048_576,
  /** One encoded entry; an update of the greatest size fits. */
  entryBytesMax: 12_582_912,
  /** Changes in one entry, each a document and its update. */
  entryChangesMax: 10_000,
  /** A document's name, in bytes of UTF-8. */
  documentNameBytesMax: 1024,
  /** A Yjs state vector on the wire. */
  stateVectorBytesMax: 1_048_576,
  /** Origins in one version. */
  versionOriginsMax: 100_000,
  /** Members named in one message. */
  membersMax: 100_000,
  /** A dialable address, in bytes of UTF-8. */
  addressBytesMax: 512,
  /** Tags of one member, and the name or the value of one, in bytes of UTF-8. */
  tagsMax: 16,
  tagBytesMax: 64,
  /** A message of the application: its topic in bytes of UTF-8, what it carries, and how many links it goes over. */
  messageTopicBytesMax: 64,
  messageBytesMax: 8_192,
  messageHopsMax: 32,
  /** Replicas that one message offers for dialling. */
  contactsMax: 64,
  /** Replicas that a shuffle has come by. */
  shufflePathMax: 8,
  /** Each number of a place in the tree of the broadcast. */
  treePositionMax: 2_147_483_648,
  /** One turn of comparing members. */
  compareBytesMax: 65_536,
  /** A bit for each member. */
  electorateBytesMax: 12_500,
  /** Ranges in one `want`, and those that one link is asked for at any time. */
  wantRangesMax: 1_000,
  /**
   * Bytes of entries that may be under way on one link to whoever asked for them, and are not durable there
   * yet: so much is allowed from the beginning, and again with each `allow`. The last chunk may go over it.
   */
  windowBytesMax: 4_194_304,
  /** Entries in one `entries` frame. */
  entriesPerFrameMax: 10_000,
  /** Origins of which one `push` brings entries. */
  seriesPerFrameMax: 1_000,
  /** Parts of documents in one `documents` frame. */
  piecesPerFrameMax: 10_000,
  /** States in one presence update. */
  presenceStatesMax: 1_000,
  /** One client's presence, as JSON text in bytes of UTF-8. */
  presenceStateBytesMax: 16_384,
  /** A reason given for a refusal, in bytes of UTF-8. */
  reasonBytesMax: 1024,
} as const
