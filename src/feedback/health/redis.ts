import type { Finding, ServiceCheck } from '../../model/health.ts';
import { type Address, connectTo } from './address.ts';

/** More than that is no answer to what is asked. */
const mostBytes = 64 * 1024;

/** Says PING to a Redis (RESP), after AUTH where a password is known. Rejects where it gives no answer, or one that is not Redis'. */
export const checkRedis = async (
  address: Address,
  { user, password }: ServiceCheck & { readonly kind: 'redis' },
  signal: AbortSignal,
): Promise<Finding> => {
  const login = password === undefined ? [] : [['AUTH', ...(user === undefined ? [] : [user]), password]];
  const commands = [...login, ['PING'], ['INFO']];
  const socket = await connectTo(address, signal);
  try {
    socket.write(commands.map(encode).join(''));
    let received = Buffer.alloc(0);
    for await (const bytes of socket) {
      received = Buffer.concat([received, bytes as Buffer]);
      const replies = repliesIn(received);
      if (replies.length >= commands.length)
        return findingOf(replies.slice(-2), replies.length > 2 ? replies[0] : undefined);
      if (received.length > mostBytes) break;
    }
    throw new Error('the connection was closed in the middle of an answer');
  } finally {
    socket.destroy();
  }
};

const encode = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

interface Reply {
  readonly isError: boolean;
  readonly text: string;
}

/** The replies that are complete. Throws where these are none of Redis. */
const repliesIn = (bytes: Buffer): readonly Reply[] => {
  const replies: Reply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    const kind = String.fromCharCode(bytes.readUInt8(at));
    if (!'+-$'.includes(kind)) throw new Error('that is no Redis');
    if (end === -1) break;
    const text = bytes.toString('utf8', at + 1, end);
    if (kind !== '$') {
      replies.push({ isError: kind === '-', text });
      at = end + 2;
      continue;
    }
    if (!/^\d{1,9}$/.test(text)) throw new Error('that is no Redis');
    const [from, to] = [end + 2, end + 2 + Number(text)];
    if (bytes.length < to + 2) break;
    replies.push({ isError: false, text: bytes.toString('utf8', from, to) });
    at = to + 2;
  }
  return replies;
};

const findingOf = ([ping, info]: readonly (Reply | undefined)[], login: Reply | undefined): Finding => {
  if (login?.isError) return { healthy: false, detail: `AUTH was refused: ${login.text}` };
  // It asks for a password that nobody has told: it is there and answers.
  if (ping?.isError) return { healthy: /^NOAUTH\b/.test(ping.text), detail: `PING answered ${ping.text}` };
  const version = /^(?:valkey|redis)_version:(\S{1,40})/m.exec(info?.text ?? '')?.[1];
  const used = /^used_memory:(\d{1,15})/m.exec(info?.text ?? '')?.[1];
  return {
    healthy: ping?.text === 'PONG',
    detail: `PING answered ${ping?.text.slice(0, 100)}`,
    ...(version !== undefined && { version }),
    ...(used !== undefined && { sizeBytes: Number(used) }),
  };
};
