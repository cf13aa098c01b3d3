/**
 * Settles with the first reason to end: a signal, or `parent` when the process that started the demo is gone. A signal after that
 * calls `onSecond`.
 */
export const endings = ({ onSecond }) =>
  new Promise((resolve) => {
    let first;
    const end = (reason) => {
      first ??= performance.now();
      resolve(reason);
      // npm passes on the Ctrl-C that the terminal has sent already: two in one moment are one.
      if (performance.now() - first > 500) onSecond();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      end('parent');
    }, 250).unref();
  });
