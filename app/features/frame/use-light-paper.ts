import { useEffect } from 'react';

const SCHEME = 'data-mantine-color-scheme';

/** Paper is white: while the page is printed, it wears the light theme. */
export function useLightPaper(): void {
  useEffect(() => {
    const root = document.documentElement;
    let worn: string | null = null;
    const lighten = () => {
      worn = root.getAttribute(SCHEME);
      root.setAttribute(SCHEME, 'light');
    };
    const restore = () => {
      if (worn) root.setAttribute(SCHEME, worn);
    };
    window.addEventListener('beforeprint', lighten);
    window.addEventListener('afterprint', restore);
    return () => {
      window.removeEventListener('beforeprint', lighten);
      window.removeEventListener('afterprint', restore);
    };
  }, []);
}
