import type { JSX } from 'preact';
import type { Problem } from '../../model/problem.ts';
import { Command, Foreign } from './basics.tsx';
import { piecesOf } from './text/hints.ts';
import type { Finding } from './text/view.ts';

/** What to do about a problem; commands can be copied. */
const Hint = ({ text }: { readonly text: string }): JSX.Element => (
  <p class="hint">
    {piecesOf(text).map(({ text: piece, code }) =>
      // A single word is the name of something; only a command is worth copying.
      code && piece.includes(' ') ? <Command text={piece} /> : <Foreign text={piece} code={code} />,
    )}
  </p>
);

export const ProblemItem = ({
  problem: { severity, message, hint, code },
  workstreams = [],
}: {
  readonly problem: Problem;
  readonly workstreams?: readonly string[];
}): JSX.Element => (
  <li class={`problem ${severity === 'warning' ? 'warning' : 'error'}`}>
    <p>
      <strong>{severity === 'warning' ? 'Warning' : 'Error'}</strong> <Foreign text={message} />{' '}
      <code class="quiet">{code}</code>
    </p>
    <Hint text={hint} />
    {workstreams.length > 1 && (
      <p class="quiet">
        Concerns{' '}
        {workstreams.map((name, index) => (
          <>
            {index > 0 && ', '}
            <Foreign text={name} />
          </>
        ))}
      </p>
    )}
  </li>
);

/** What needs somebody, before everything else. */
export const Findings = ({ findings }: { readonly findings: readonly Finding[] }): JSX.Element | null => {
  if (findings.length === 0) return null;
  return (
    <section class="findings" aria-labelledby="problems-title">
      <h2 id="problems-title">
        Needs attention <span class="number">{findings.length}</span>
      </h2>
      <ul class="problems">
        {findings.map(({ problem, workstreams }) => (
          <ProblemItem key={`${problem.code} ${problem.message}`} problem={problem} workstreams={workstreams} />
        ))}
      </ul>
    </section>
  );
};
