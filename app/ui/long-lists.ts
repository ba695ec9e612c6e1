import { asRecord } from './problem.ts';

/** A list of more pages than this is not read again page by page whenever something changes. */
const LIVE_PAGES = 5;

/** Whether this is what a query holds that has fetched a long list. */
export function isLong(data: unknown): boolean {
  const { pages } = asRecord(data);
  return Array.isArray(pages) && pages.length > LIVE_PAGES;
}
