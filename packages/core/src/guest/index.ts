import type { Anonymous, Guest } from "../lib/actor";
import { isAppError } from "../lib/error";
import { newId } from "../lib/id";
import * as limit from "../limit/index";
import type { CreateTicketBody, Ticket } from "../protocol/account";
import { issueTicket } from "../session/index";
import { digestOfAddress, formatGuestToken, parseGuestToken } from "./token";

/** A class that comes in at once has one address; a page asks for one ticket, and one more when its connection breaks. */
const ticketsPerAddress = { max: 600, windowSeconds: 60, code: "limit.sockets" } as const;
/** So many are a person of their own there in ten minutes. Those who come behind them count as one until they come again. */
const newcomersPerAddress = { max: 200, windowSeconds: 600, code: "limit.rooms" } as const;

/**
 * A ticket for the socket, for somebody without an account: it opens rooms and nothing else. Who shows what came with an earlier one is the same person
 * for all limits; of those who show nothing, all of an address are.
 * @throws limit.sockets. Cost: 2 write units, 3 for a newcomer.
 */
export async function createTicket({ address }: Pick<Anonymous, "address">, { guest }: CreateTicketBody): Promise<Ticket> {
  const digest = digestOfAddress(address);
  await limit.take({ ...ticketsPerAddress, key: `tickets#${digest}` });
  const known = guest == null ? undefined : parseGuestToken(guest);
  const guest_id = known ?? newId("gst");
  const isPerson = known !== undefined || (guest !== undefined && (await hasRoomFor(digest)));
  const actor: Guest = { kind: "guest", guest_id, person: isPerson ? guest_id : `address_${digest}`, address: digest };
  const ticket = await issueTicket(actor);
  return isPerson ? { ...ticket, guest: formatGuestToken(guest_id) } : ticket;
}

async function hasRoomFor(digest: string): Promise<boolean> {
  try {
    await limit.take({ ...newcomersPerAddress, key: `newcomers#${digest}` });
    return true;
  } catch (error) {
    if (isAppError(error, newcomersPerAddress.code)) return false;
    throw error;
  }
}
