import { text, upload } from "@agora/local/testing/files";
import type { Person } from "@agora/local/testing/stack";
import { problemsOfLog } from "../invariants";
import { outcomeOf, type Operation, type World } from "./operation";
import { Place } from "./place";

/* What people do with files. */

const FILE = text("notes.txt", "what is in the file");

const bytesKept = async ({ row }: World, { user }: Person) => Number((await row("Files", { id: `quota#${user.id}` }))?.["bytes"] ?? 0);

/** Whether the file is there as it should be, and counted once. */
async function problemsOfFile(world: World, owner: Person, url: string, { isThere, bytes }: { isThere: boolean; bytes: number }) {
  const answer = await fetch(url);
  const content = await answer.text();
  const kept = await bytesKept(world, owner);
  return [
    ...(isThere && content !== FILE.bytes.toString() ? [`the file answers ${answer.status} ${content}`] : []),
    ...(!isThere && answer.status !== 404 ? [`the file still answers ${answer.status}`] : []),
    ...(kept === bytes ? [] : [`${kept} bytes are counted, not ${bytes}`]),
  ];
}

const sendWithFile: Operation = {
  name: "send with a file",
  isAnsweredAtTheEnd: true,
  async prepare(world, owner) {
    const { client } = world;
    const place = await Place.make(client, owner, { messages: 1 });
    const before = await bytesKept(world, owner);
    const id = await upload(client, owner, FILE);
    const listener = await place.listener(owner);
    const said = place.say("two");
    let url = "";
    return {
      marks: [...place.marks, id],
      async attempt() {
        const answer = await client.api(`POST ${place.path}`, { token: owner.token, body: { ...said.body, attachments: [id] } });
        if (answer.status < 300) {
          said.seq = answer.body.seq as number;
          url = answer.body.attachments[0].url as string;
        }
        return outcomeOf(answer, (status) => status === 200 || status === 201);
      },
      problems: async () => [
        ...problemsOfLog(await place.read(), place.said),
        ...(await listener.problems(2)),
        ...(await problemsOfFile(world, owner, url, { isThere: true, bytes: before + FILE.bytes.length })),
      ],
      end: () => listener.close(),
    };
  },
};

const deleteWithFile: Operation = {
  name: "delete a message with a file",
  isAnsweredAtTheEnd: true,
  async prepare(world, owner) {
    const { client } = world;
    const place = await Place.make(client, owner, { messages: 0 });
    const before = await bytesKept(world, owner);
    const id = await upload(client, owner, FILE);
    const { body } = await client.api(`POST ${place.path}`, { token: owner.token, body: { content: "one", attachments: [id] } });
    return {
      marks: [...place.marks, id],
      async attempt() {
        const answer = await client.api(`DELETE ${place.path}/${body.seq}`, { token: owner.token });
        return outcomeOf(answer, (status) => status === 204);
      },
      problems: () => problemsOfFile(world, owner, body.attachments[0].url as string, { isThere: false, bytes: before }),
      end: () => Promise.resolve(),
    };
  },
};

export const fileOperations: readonly Operation[] = [sendWithFile, deleteWithFile];
