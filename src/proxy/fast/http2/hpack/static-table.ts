/** Names of the static table in its order, each with its values where it has any (RFC 7541, appendix A). */
const rows =
  ':authority|:method=GET=POST|:path=/=/index.html|:scheme=http=https|:status=200=204=206=304=400=404=500|' +
  'accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|' +
  'age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|' +
  'content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|' +
  'if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|' +
  'proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|' +
  'strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate';

/** The static table, name and value in turns. Its first index is 1, so two empty ones stand before. */
export const staticFields: readonly string[] = ['', ''].concat(
  rows.split('|').flatMap((row) => {
    const [name = '', ...values] = row.split('=');
    return values.length === 0 ? [name, ''] : values.flatMap((value) => [name, value]);
  }),
);

/** Fields of the static table; the index of the newest field of the dynamic table is one more (§2.3.3). */
export const staticCount = staticFields.length / 2 - 1;
