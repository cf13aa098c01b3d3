import { type Answered, type Course, get, type Script, table, type Vector } from '../vector.ts';

export const ok = 'HTTP/1.1 200 OK\r\n';
export const abc = `${ok}Content-Length: 3\r\n\r\nabc`;

/** The upstream answers by a script, and the client gets that. */
export const relayed = (answer: Partial<Answered> = {}, method = 'GET'): Course => [
  { request: { method }, answer: { status: 200, body: 'abc', ...answer } },
];
/** There is no answer that could be passed on: the proxy says so, or closes. */
export const failed: Course = [{ request: {}, answer: 'failed' }];
/** The answer has begun, and the client sees that it is not whole. */
export const cut: Course = [{ request: {}, answer: 'cut' }];

/** An answer alone is one whose connection stays open. */
type Bytes = string | Script;
type AnswerRow = Bytes | (Partial<Pick<Vector, 'allowed' | 'promised'>> & { readonly answers: Bytes });

const scriptOf = (bytes: Bytes): Script => (typeof bytes === 'string' ? { pieces: [bytes] } : bytes);

/** Answers to one request, GET as a rule, as a table of names and scripts. */
export const answering = (
  source: string,
  rows: Readonly<Record<string, AnswerRow>>,
  allowed: readonly Course[],
  { writes = get(), ...more }: Partial<Pick<Vector, 'promised' | 'needsReset'>> & { readonly writes?: string } = {},
): readonly Vector[] =>
  table(
    source,
    Object.fromEntries(
      Object.entries(rows).map(([name, row]) => {
        const { answers, ...own } = typeof row === 'string' || 'pieces' in row ? { answers: row } : row;
        return [name, { writes, script: scriptOf(answers), ...own }];
      }),
    ),
    allowed,
    more,
  );
