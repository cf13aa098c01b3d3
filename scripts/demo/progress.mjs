// One line for each step, with its time. A terminal also sees the step that is under way.
const terminal = process.stdout.isTTY === true;
const paint = (code, text) => (terminal && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = (text) => paint(1, text);
export const dim = (text) => paint(2, text);

const write = (text) => process.stdout.write(text);
const clear = () => write(terminal ? '\r\x1b[K' : '');

export const say = (text = '') => write(`${text}\n`);

let round = 0;

/** Steps that are under way print nothing any more: they fail only because the demo is ending. */
export const abandonSteps = () => {
  round += 1;
};

/** Does the work and prints how it went. What the work gives is passed on; `detail` makes a text of it for the line. */
export const step = async (title, work, detail = () => '') => {
  const start = performance.now();
  const begun = round;
  const print = (text) => {
    if (begun !== round) return;
    clear();
    say(text);
  };
  if (terminal) write(dim(`… ${title}`));
  try {
    const result = await work();
    const time = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    print(`${paint(32, 'ok')}   ${title}${detail(result)} ${dim(`(${time})`)}`);
    return result;
  } catch (error) {
    print(`${paint(31, 'FAIL')} ${title}`);
    throw error;
  }
};
