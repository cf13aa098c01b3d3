/** Whether a real path is the folder or lies below it. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/** The innermost of the folders that a real path lies in: copies may hold copies, such as worktrees below the main checkout. */
export const innermost = <Entry extends { readonly directory: string }>(
  entries: Iterable<Entry>,
  path: string,
): Entry | undefined => {
  let found: Entry | undefined;
  for (const entry of entries)
    if (isWithin(entry.directory, path) && entry.directory.length > (found?.directory.length ?? -1)) found = entry;
  return found;
};
