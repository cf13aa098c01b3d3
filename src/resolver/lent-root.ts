/**
 * Does something with the rights of root where they were lent by sudo and put aside; anywhere else, with those that there are. It ends
 * at once, so that nothing else is done meanwhile. A child that is to be another user, for good, has to be started like this: from an
 * effective user alone it could find the way back.
 */
export const withLentRoot = <Result>(work: () => Result): Result => {
  const { getuid, geteuid, seteuid } = process;
  const user = geteuid?.();
  if (seteuid === undefined || user === undefined || user === 0 || getuid?.() !== 0) return work();
  seteuid(0);
  try {
    return work();
  } finally {
    seteuid(user);
  }
};
