import type { Clock } from '../../platform/clock.ts';
import { UpstreamError } from '../../platform/errors.ts';
import type { InventoryFormat, InventorySettings, RawPage } from './format.ts';
import { addressOf, getJson, type HttpAnswer } from './http.ts';
import type { Inventory, InventoryAnswer } from './inventory.port.ts';
import { maas } from './maas.ts';
import { native } from './native.ts';
import { netbox } from './netbox.ts';
import type { Row } from './row.ts';

const MAX_PAGES = 1_000;
const MAX_BYTES = 50 * 1024 * 1024;
const WHOLE_RUN_MS = 5 * 60_000;

/** A page with its rows read, and the tag by which the next run may ask whether it changed. */
type Page = Omit<RawPage, 'rows'> & { rows: Row[]; etag: string | null };
type Pages = Map<string, Page>;

/**
 * The inventory that the settings name. It remembers the pages of the last whole answer by their ETag, so an inventory
 * that knows them may say "not modified", which is a good answer and never an empty one.
 * @throws Error for a credential that the format cannot use.
 */
export function createInventory(settings: InventorySettings, clock: Clock): Inventory {
  const formats = { native, maas, netbox };
  const format = formats[settings.EXTERNAL_SERVER_API_FORMAT](settings, clock);
  let remembered: Pages = new Map();
  return {
    async readFleet() {
      const pages = await readPages(format, settings.EXTERNAL_SERVER_API_TIMEOUT_SECONDS, remembered);
      remembered = new Map([...pages].filter(([, page]) => page.etag !== null));
      return answerOf([...pages.values()]);
    },
  };
}

async function readPages(format: InventoryFormat, timeoutSeconds: number, remembered: Pages): Promise<Pages> {
  const deadline = AbortSignal.timeout(WHOLE_RUN_MS);
  const pages: Pages = new Map();
  let bytesLeft = MAX_BYTES;
  for (let url: URL | null = format.first; url !== null; ) {
    refuseToFollow(url, format, pages);
    const known = remembered.get(url.href);
    const answer = await getJson({
      url,
      headers: format.headers,
      etag: known?.etag ?? undefined,
      timeoutSeconds,
      maxBytes: bytesLeft,
      deadline,
    });
    const page: Page = answer === 'unchanged' && known ? known : readPage(format, answer);
    if (answer !== 'unchanged') bytesLeft -= answer.bytes;
    pages.set(url.href, page);
    url = page.next;
  }
  refuseIncomplete(format, [...pages.values()]);
  return pages;
}

function readPage(format: InventoryFormat, answer: HttpAnswer): Page {
  if (answer === 'unchanged') throw failed(format, 'answered "not modified" to a page that was never read.');
  const { rows, next, total } = pageOf(format, answer.json);
  return { rows: rows.map(format.row), next, total, etag: answer.etag };
}

function pageOf(format: InventoryFormat, json: unknown): RawPage {
  try {
    return format.page(json);
  } catch {
    throw failed(
      format,
      `answered with JSON that is not a page of the ${format.title} format. Check EXTERNAL_SERVER_API_FORMAT.`,
    );
  }
}

/** A page may lead on only to the same server, to a page not read yet, and not for ever. */
function refuseToFollow(url: URL, format: InventoryFormat, read: Pages): void {
  if (url.origin !== format.first.origin) {
    throw failed(
      format,
      'names another server as its next page, which InfraHub does not follow. Does a proxy in front of it change its address?',
    );
  }
  if (read.has(url.href))
    throw failed(format, 'names a page as its next one that it has already given: its pages go round.');
  if (read.size === MAX_PAGES) throw failed(format, `has more than ${MAX_PAGES} pages. Make its pages larger.`);
}

function refuseIncomplete(format: InventoryFormat, pages: Page[]): void {
  const total = pages.at(-1)?.total;
  const rows = pages.reduce((sum, page) => sum + page.rows.length, 0);
  if (total !== undefined && total !== rows) {
    throw failed(
      format,
      `speaks of ${total} servers but gave ${rows}: the answer is incomplete. The next sync tries again.`,
    );
  }
}

const failed = (format: InventoryFormat, what: string) =>
  new UpstreamError('UPSTREAM_FAILED', `The inventory at ${addressOf(format.first)} ${what}`);

function answerOf(pages: Page[]): InventoryAnswer {
  const rows = pages.flatMap((page) => page.rows);
  return {
    servers: rows.flatMap((row) => ('server' in row ? row.server : [])),
    rejected: rows.flatMap((row) => ('rejected' in row ? row.rejected : [])),
  };
}
