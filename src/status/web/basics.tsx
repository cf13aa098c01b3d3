import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { printable } from '../../model/text.ts';
import { linkTo } from './text/view.ts';

const shapes = {
  branch: 'M5 3v10M5 9c0-3 6-1 6-5M5 13a1.5 1.5 0 1 0 0 .1M5 3a1.5 1.5 0 1 0 0-.1M11 4a1.5 1.5 0 1 0 0-.1',
  open: 'M9 3h4v4M13 3 7 9M11 9v4H3V5h4',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  check: 'm3 8.5 3.5 3.5L13 5',
  close: 'm4 4 8 8M12 4l-8 8',
  folder: 'M2 4.5h4l1.5 1.5H14v7H2z',
  down: 'M8 3v9M4 8.5l4 4 4-4',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.5 10.5 14 14',
} as const;

/** A picture beside words that say the same. */
export const Icon = ({ name }: { readonly name: keyof typeof shapes }): JSX.Element => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={shapes[name]} />
  </svg>
);

/** Text from strangers: what could act on the reader is made visible, and its direction stays its own. */
export const Foreign = ({ text, code }: { readonly text: string; readonly code?: boolean }): JSX.Element =>
  code ? <code dir="auto">{printable(text)}</code> : <bdi>{printable(text)}</bdi>;

/** Words for those who hear the page. */
export const Unseen = ({ children }: { readonly children: ComponentChildren }): JSX.Element => (
  <span class="unseen">{children}</span>
);

/** A link to another page, if it is one that may be followed, or else its text. */
export const Link = ({
  url,
  children,
}: {
  readonly url: string;
  readonly children: ComponentChildren;
}): JSX.Element => {
  const href = linkTo(url);
  if (href === undefined) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
};

const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};

const shownMs = 1500;

/** A button that puts text on the clipboard, and says whether it did. */
export const Copy = ({
  text,
  what,
  label,
}: {
  readonly text: string;
  /** What is copied, for its name: `address of api`. */
  readonly what: string;
  /** Words on the button; a picture alone without. */
  readonly label?: string;
}): JSX.Element => {
  const [done, setDone] = useState<'copied' | 'not allowed'>();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const act = async (): Promise<void> => {
    setDone((await copy(text)) ? 'copied' : 'not allowed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setDone(undefined), shownMs);
  };
  return (
    <button
      type="button"
      class={label === undefined ? 'copy bare' : 'copy'}
      title={printable(`Copy ${what}`)}
      aria-label={label === undefined ? printable(`Copy ${what}`) : undefined}
      onClick={() => void act()}
    >
      <Icon name={done === 'copied' ? 'check' : 'copy'} />
      {label !== undefined && (done ?? label)}
      <span role="status" class="unseen">
        {done}
      </span>
    </button>
  );
};

/** A command that can be copied. */
export const Command = ({ text }: { readonly text: string }): JSX.Element => (
  <span class="command">
    <Foreign text={text} code />
    <Copy text={text} what={`“${text}”`} />
  </span>
);
