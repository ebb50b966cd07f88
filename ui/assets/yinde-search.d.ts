/** Types of yinde-search.js for sites that write TypeScript. */
export interface YindeHit {
  rank: number;
  score: number;
  /** Permanent id of the passage. */
  id: string;
  doc_id: string;
  title: string;
  path: string[];
  address: string;
  /** Counted from 1; null where the format has no pages. */
  page: number | null;
  /** Code points, half-open, into the document's text. */
  start: number;
  end: number;
  text: string;
  /** The sentences nearest to the query. */
  evidence: [number, number][];
  /** ISO 8601, empty when unknown. */
  date: string;
  /** Words of the query that stand in the passage, rarest first. */
  terms: string[];
  /** Passages that say the same and were left out of the list. */
  copies: { id: string; doc_id: string; title: string; date: string }[];
  signals: Record<string, number>;
}

export interface YindeSearchElement extends HTMLElement {
  /** Ask a question as if it had been typed. */
  search(query: string): Promise<YindeHit[]>;
  readonly endpoint: string;
}

declare global {
  interface HTMLElementTagNameMap {
    "yinde-search": YindeSearchElement;
  }
  interface HTMLElementEventMap {
    "yinde-search": CustomEvent<{ query: string; hits: YindeHit[] }>;
    /** Cancel it to keep the link from being followed. */
    "yinde-open": CustomEvent<{ hit: YindeHit }>;
  }
}
