import { limits } from "@agora/core/protocol/limits";

const ALIAS = "agora:room-alias";
const GUEST = "agora:room-guest";
/** A token is some 70 characters; what is longer was not put there by us. */
const GUEST_MAX = 200;
const OPENED = "agora:opened-room";
/** Of a room that this tab is in, with the code that opened it. */
const keyOf = (room: string) => `agora:in-room:${room}`;

/** What a browser keeps of somebody in rooms: as whom they came, and by what they are known again. Nothing of it has to be there. */
export const remembered = {
  get alias(): string | null {
    return read(() => localStorage, ALIAS, limits.alias.max * 2);
  },
  set alias(alias: string | null) {
    write(() => localStorage, ALIAS, alias);
  },
  get guest(): string | null {
    return read(() => localStorage, GUEST, GUEST_MAX);
  },
  set guest(guest: string | null) {
    write(() => localStorage, GUEST, guest);
  },
};

/** In this tab somebody is in the room: a reload comes in again. @returns the code, empty for a room without; null: they are not. */
export const rememberedCode = (room: string): string | null => read(() => sessionStorage, keyOf(room), limits.roomCode.max * 2);

/** @param code null: they have left. */
export const rememberCode = (room: string, code: string | null): void => write(() => sessionStorage, keyOf(room), code);

/** Keeps the code of a room that was opened just now, for the door to which that leads. */
export const keepCode = (room: string, code: string): void => write(() => sessionStorage, OPENED, code === "" ? null : `${room} ${code}`);

/** The code that was kept for this room; once, and what was kept for another one is forgotten, too. */
export function takeCode(room: string): string | null {
  const kept = read(() => sessionStorage, OPENED, limits.roomName.max + limits.roomCode.max * 2);
  write(() => sessionStorage, OPENED, null);
  return kept?.startsWith(`${room} `) ? kept.slice(room.length + 1) : null;
}

// Where storage is switched off, the look at it alone throws.
function read(storage: () => Storage, key: string, maxLength: number): string | null {
  try {
    const value = storage().getItem(key);
    return value !== null && value.length <= maxLength ? value : null;
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // Full or switched off: it is then not kept.
  }
}
