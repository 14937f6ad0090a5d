import { countCodePoints } from "@agora/core/protocol/characters";
import { talkLimits } from "@agora/core/protocol/talk-limits";
import { tick } from "svelte";
import type { DropOverlay, FileTray, Uploads } from "./open";
import type { UploadBounds, UploadWires } from "./uploads.svelte";

/** The files of what is being written, and what shows them. */
export interface Tray {
  uploads: Uploads;
  FileTray: typeof FileTray;
}

interface FileDoorOptions {
  /** Where the tray stands: with what is written. */
  holder: { tray: Tray | undefined };
  ask: UploadWires["ask"];
  mayAttach: () => boolean;
  /** Absent: any files that a message may have. */
  bounds?: UploadBounds;
}

/** By which ways files come into a message. What is done with them is loaded with the first. */
export class FileDoor {
  problem: string | null = $state(null);
  /** Shown while files are held over the page. */
  Overlay: typeof DropOverlay | undefined = $state.raw();
  readonly #options: FileDoorOptions;
  #isOver = false;

  constructor(options: FileDoorOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#options.mayAttach();
  }

  /** Only files of these types, which are images; undefined: any. */
  get types(): readonly string[] | undefined {
    return this.#options.bounds?.types;
  }

  take(files: readonly File[], hasFolder = false): void {
    if (files.length > 0 || hasFolder) void this.#withUploads((uploads) => uploads.take(files, hasFolder)); // never rejects
  }

  onpaste(event: ClipboardEvent): void {
    const { files, types } = event.clipboardData ?? new DataTransfer();
    const isWritten = types.includes("text/html") && types.includes("text/plain"); // a table also comes as its picture
    if (!this.isOpen) return;
    if (files.length > 0 && !isWritten) {
      event.preventDefault();
      return this.take([...files]);
    }
    if (this.types) return; // a text would be no image
    const text = event.clipboardData?.getData("text/plain").replace(/\r\n?/g, "\n") ?? "";
    if (text.length <= talkLimits.messageContent.max || countCodePoints(text) <= talkLimits.messageContent.max) return;
    void this.#withUploads((uploads) => (uploads.longText = text)); // never rejects
  }

  /** For as long as something is dragged over the element. */
  readonly attach = (element: HTMLElement) => {
    const controller = new AbortController();
    const on = (type: "dragover" | "drop", act: (event: DragEvent) => void) =>
      element.addEventListener(type, (event) => this.isOpen && event.dataTransfer?.types.includes("Files") && act(event), controller);
    on("dragover", (event) => {
      event.preventDefault();
      void this.#show(); // never rejects
    });
    on("drop", (event) => {
      event.preventDefault();
      this.endDrag();
      const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
      const files = items.filter((item) => !item.webkitGetAsEntry()?.isDirectory);
      this.take(
        files.flatMap((item) => item.getAsFile() ?? []),
        files.length < items.length,
      );
    });
    // What is dragged is not always told any more when it leaves.
    const leave = ({ relatedTarget }: DragEvent) => !element.contains(relatedTarget as Node | null) && this.endDrag();
    element.addEventListener("dragleave", leave, controller);
    return () => controller.abort();
  };

  /** Nothing is held over the page any more. */
  endDrag(): void {
    this.#isOver = false;
    this.Overlay = undefined;
  }

  async #show(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const loaded = await import("./open").catch(() => undefined); // what is dropped is taken without it, or it is said then
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes while that is loaded
    if (this.#isOver) this.Overlay = loaded?.DropOverlay;
  }

  async #withUploads(act: (uploads: Uploads) => void): Promise<void> {
    const { holder, ask, bounds } = this.#options;
    this.problem = null;
    try {
      const { FileTray, Uploads, postForm } = await import("./open");
      holder.tray ??= { uploads: new Uploads({ ask, post: postForm }, bounds), FileTray };
    } catch {
      this.problem = "The server could not be reached, so nothing was attached. Try it again.";
      return;
    }
    await tick(); // what announces it is there before
    act(holder.tray.uploads);
  }
}
