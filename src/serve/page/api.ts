// Requests to the server that gave the page; there is no other.

const TOKEN_KEY = "ntan-token";

export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly hints: string[]) {
    super(message);
  }
}

/** The token stands in the fragment, which no server logs; it leaves the address bar at once. */
function takeToken(): string {
  const found = /^#t=(.+)$/.exec(location.hash);
  if (found) {
    remember(decodeURIComponent(found[1]));
    history.replaceState(null, "", location.pathname + location.search);
  }
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? "";
  } catch {
    return found ? decodeURIComponent(found[1]) : "";
  }
}

function remember(token: string): void {
  try {
    sessionStorage.setItem(TOKEN_KEY, token);
  } catch {
    // Without storage the token lasts as long as the page.
  }
}

let token = takeToken();

export function setToken(value: string): void {
  token = value;
  remember(value);
}

function headers(): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function refusal(reply: Response): Promise<ApiError> {
  let error = `${reply.status} ${reply.statusText}`;
  let hints: string[] = [];
  try {
    const body = (await reply.json()) as { error?: string; hints?: string[] };
    error = body.error ?? error;
    hints = body.hints ?? [];
  } catch {
    // Not one of the server's own refusals; the status has to do.
  }
  return new ApiError(reply.status, error, hints);
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const reply = await fetch(path, { cache: "no-store", credentials: "same-origin", ...init });
  if (!reply.ok) {
    throw await refusal(reply);
  }
  return reply;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request(path, { headers: headers(), signal })).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const reply = await request(path, {
    method: "POST",
    headers: { ...headers(), "Content-Type": "application/json", "X-Ntan": "1" },
    body: JSON.stringify(body),
    signal,
  });
  return reply.json() as Promise<T>;
}

export async function openStream(last: number | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const path = last === undefined ? "/api/v1/stream" : `/api/v1/stream?last=${last}`;
  const reply = await request(path, { headers: { ...headers(), Accept: "text/event-stream" }, signal });
  if (!reply.body) {
    throw new ApiError(reply.status, "the stream has no body", []);
  }
  return reply.body;
}

/** Fetches a file and saves it under the server's name for it; a refusal is thrown with its reason. */
export async function download(path: string): Promise<string> {
  const reply = await request(path, { headers: headers() });
  const name = /filename="?([^";]+)"?/.exec(reply.headers.get("Content-Disposition") ?? "")?.[1] ?? "ntan-export";
  const address = URL.createObjectURL(await reply.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the blob after the click returns; a minute is plenty for it to have begun.
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return name;
}
