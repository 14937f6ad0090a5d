import { talkLimits } from "./talk-limits";

/** Every bound that the wire knows, in one place. Lengths are Unicode code points unless a name says bytes. */
export const limits = {
  ...talkLimits,
  username: { min: 2, max: 32 },
  password: { min: 8, max: 128 },
  emailMax: 254,
  displayNameMax: 64,
  bioMax: 500,
  serverName: { min: 1, max: 100 },
  channelName: { min: 1, max: 100 },
  channelTopicMax: 1024,
  channelsPerServerMax: 500,
  categoryMax: 100,
  slowModeSecondsMax: 6 * 60 * 60,
  /** Members who are let into a private channel one by one. */
  allowedUsersMax: 100,
  serverDescriptionMax: 500,
  roleName: { min: 1, max: 100 },
  rolesPerServerMax: 50,
  passwordsPerServerMax: 20,
  passwordLabelMax: 100,
  keysPerAccountMax: 50,
  keyName: { min: 1, max: 100 },
  /** Why somebody was banned, or a message reported. */
  reasonMax: 500,
  timeoutDaysMax: 28,
  banDeleteHoursMax: 7 * 24,
  bulkDeleteMax: 100,
  searchMax: 100,
  /** Letters of a username that are to be given before others are looked for. */
  userSearchMin: 2,
  attachmentsPerMessageMax: 10,
  attachmentMaxBytes: 25 * 1024 * 1024,
  /** An avatar, a server's icon, or an image in a room. */
  imageMaxBytes: 2 * 1024 * 1024,
  /** What an account may keep in messages, avatar and icons. */
  filesPerAccountMaxBytes: 1024 * 1024 * 1024,
  filename: { min: 1, max: 255 },
  contentTypeMax: 127,
  nonceMax: 64,
  idMax: 64,
  /** A topic name on the socket: a prefix and an id. */
  topicMax: 128,
  inviteUsesMax: 1_000_000,
  /** A year: nobody means longer, and a number that large is a mistake. */
  inviteHoursMax: 8760,
  cursorMax: 512,
  /** What a request body may weigh. 4,000 code points are 48 KB when every one of them is escaped as a surrogate pair. */
  bodyMaxBytes: 64 * 1024,
  /** What API Gateway takes and gives as one WebSocket frame; also the step in which it bills. */
  frameMaxBytes: 32 * 1024,
  /** Sockets that one account may have open; the oldest is closed for one more. */
  socketsPerAccountMax: 10,
  /** A burst of talk, in which those who look elsewhere get one hint: a bucket of the time on the server's clock. */
  burstMs: 60_000,
  /** By how much a stored entry's time may be behind when its push arrives. */
  burstMarginMs: 5_000,
  /** People in a conversation, with who started it. */
  participantsMax: 10,
  conversationName: { min: 1, max: 100 },
  /** People and roles that one message can mention. What is named beyond that is text. */
  mentionsMax: 50,
  /** Different emoji on one message, and accounts behind all of them together: an entry stays below 30 KB. */
  reactionEmojiMax: 20,
  reactionsMax: 1_000,
  /** So much of a message stands above its answer. */
  replyExcerptMax: 200,
  roomName: { min: 1, max: 64 },
  alias: { min: 1, max: 32 },
  roomCode: { min: 4, max: 128 },
  /** How long a room keeps what is said in it. */
  roomHours: { default: 24, max: 24 },
  /** People in a room at once. */
  roomMembersMax: 100,
  /** What one person may say in all rooms together, within any minute. */
  roomMessagesPerMinute: 30,
  /** What all people in a room may say together in a minute: each of it is pushed to each of them. */
  roomMessagesInAllPerMinute: 300,
  /** In one room, of all guests of one address: less than half of what the room takes, since two minutes may meet. */
  roomMessagesPerAddress: 120,
  roomClosedHoursMax: 90 * 24,
  roomImagesPerMessageMax: 4,
  /** Messages that come with a join, and that one asks for at a time. */
  roomMessagesPerPage: 50,
  topicName: { max: 100 },
  groupName: { max: 100 },
  consumerName: { max: 100 },
  groupsPerTopicMax: 100,
  /** How long a consumer group belongs to one consumer that is not heard of. */
  leaseSeconds: { default: 30, max: 300 },
  topicDescriptionMax: 500,
  topicsPerAccountMax: 100,
  /** Ten years: longer is "for ever", which is null. */
  retentionHoursMax: 10 * 8760,
  /** Messages that one produce stores, and that one consume gives. */
  messagesPerBatchMax: 500,
  messageKeyMax: 256,
  /** Of one message of a topic, as JSON. */
  payloadMaxBytes: 256 * 1024,
  /** Arrays and objects within each other: what nests deeper, others could not read. */
  payloadDepthMax: 500,
  /** A request to produce. */
  produceMaxBytes: 1024 * 1024,
  waitSecondsMax: 20,
  /** Guests who have sockets open from one address: a school has one address. */
  socketsPerAddressMax: 100,
} as const;
