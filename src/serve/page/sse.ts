// Cuts a text/event-stream into its messages.

export interface ServerMessage {
  event: string;
  data: string;
}

/** A message beyond this is not one of ours. */
const LONGEST_MESSAGE = 4 << 20;

/** Calls `onMessage` for each message and `onBytes` for anything at all, heartbeats included. */
export async function readStream(
  body: ReadableStream<Uint8Array>, onMessage: (message: ServerMessage) => void, onBytes: () => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    onBytes();
    rest += decoder.decode(value, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_MESSAGE) {
      await reader.cancel();
      throw new Error("a message of the stream has no end");
    }
    for (const ended of lines) {
      const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
      if (line === "") {
        if (data.length > 0) {
          onMessage({ event: event || "message", data: data.join("\n") });
        }
        event = "";
        data = [];
      } else if (line.startsWith("event:")) {
        event = line.slice(6).trim();
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line[5] === " " ? 6 : 5));
      }
    }
  }
}
