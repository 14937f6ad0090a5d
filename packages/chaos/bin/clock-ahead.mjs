/*
 * Loaded before the server (`node --import`): its wall clock is so many milliseconds ahead of the machine's. Timers and the time of files are as they are.
 */
const aheadMs = Number(process.env["AGORA_CHAOS_AHEAD_MS"] ?? 0);
const MachineDate = Date;

globalThis.Date = class Date extends MachineDate {
  constructor(...given) {
    if (given.length === 0) super(MachineDate.now() + aheadMs);
    else super(...given);
  }
  static now() {
    return MachineDate.now() + aheadMs;
  }
};
