import { Alert, type CSSVariablesResolver, createTheme, type MantineColorsTuple, rem } from '@mantine/core';

const iris: MantineColorsTuple = [
  '#f0f1fe',
  '#e0e2fd',
  '#c4c7f9',
  '#a3a7f2',
  '#8288ea',
  '#6a6fe0',
  '#5658d0',
  '#4747b4',
  '#3a3a94',
  '#2c2c70',
];

const red: MantineColorsTuple = [
  '#fdecea',
  '#fad7d3',
  '#f4b1aa',
  '#ee8a80',
  '#e5655a',
  '#d6453a',
  '#c0301f',
  '#a32618',
  '#841e13',
  '#5e150d',
];

const slate: MantineColorsTuple = [
  '#f7f8fa',
  '#eff1f4',
  '#e3e6eb',
  '#cfd5dd',
  '#b3bbc7',
  '#8792a2',
  '#667182',
  '#4d5766',
  '#333b47',
  '#171b22',
];

const slateDark: MantineColorsTuple = [
  '#e6e9ee',
  '#c9d0d9',
  '#a6b0be',
  '#818c9c',
  '#3c4552',
  '#2b323d',
  '#20262f',
  '#171c23',
  '#101419',
  '#0b0e12',
];

/** An alert's colours are those of the status that it tells. */
const ALERT_STATUS: Record<string, string> = { red: 'bad', yellow: 'warn', green: 'good' };

const DIALOG_TITLE = { fontSize: rem(17), fontWeight: 620 };
/** Over the window, and not where the page's content begins. */
const DIALOG_PLACE = { insetInlineStart: 0 };

/** Four sizes of type: small print, text, headings of parts, the page's title. */
export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: 6,
  autoContrast: true,
  colors: { iris, red, gray: slate, dark: slateDark },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, monospace',
  fontSizes: { xs: rem(12), sm: rem(14), md: rem(14), lg: rem(17), xl: rem(24) },
  lineHeights: { xs: '1.4', sm: '1.5', md: '1.5', lg: '1.4', xl: '1.25' },
  headings: {
    fontWeight: '620',
    sizes: {
      h1: { fontSize: rem(24), lineHeight: '1.25' },
      h2: { fontSize: rem(17), lineHeight: '1.4' },
      h3: { fontSize: rem(14), lineHeight: '1.5' },
    },
  },
  defaultRadius: 'md',
  radius: { xs: rem(3), sm: rem(4), md: rem(6), lg: rem(10), xl: rem(16) },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Alert: Alert.extend({
      vars: (_, { color = 'gray' }) => {
        const status = ALERT_STATUS[color];
        return {
          root: {
            '--alert-bg': status ? `var(--status-${status}-tint)` : 'var(--surface-inset)',
            '--alert-color': status ? `var(--status-${status})` : 'var(--ink)',
          },
        };
      },
    }),
    Button: { defaultProps: { size: 'sm' } },
    InputWrapper: { styles: { label: { marginBottom: rem(4) } } },
    // Inside of the page's landmarks, as assistive technology asks of everything that is shown.
    Portal: { defaultProps: { target: '#overlays' } },
    Modal: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        centered: true,
        radius: 'lg',
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.4 },
        transitionProps: { duration: 150 },
      },
      styles: { title: DIALOG_TITLE, inner: DIALOG_PLACE },
    },
    Drawer: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.4 },
        transitionProps: { duration: 150 },
      },
      styles: { title: DIALOG_TITLE, inner: DIALOG_PLACE },
    },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 100 } } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 100 } } },
  },
});

const light = {
  '--mantine-color-body': '#ffffff',
  '--mantine-color-dimmed': '#566172',
  '--mantine-color-error': '#b42318',
  '--surface-page': '#f6f7f9',
  '--surface-inset': '#f1f3f6',
  '--surface-hover': '#f4f5f8',
  '--surface-chosen': '#eef0fe',
  '--line': '#e2e6eb',
  '--line-strong': '#c5ccd6',
  '--ink': '#171b22',
  '--ink-soft': '#566172',
  '--focus': '#5658d0',
  '--status-good': '#12703c',
  '--status-busy': '#4747b4',
  '--status-warn': '#8a5300',
  '--status-bad': '#b42318',
  '--status-good-tint': '#e7f5ec',
  '--status-busy-tint': '#eef0fe',
  '--status-warn-tint': '#fdf3e1',
  '--status-bad-tint': '#fdecea',
  '--capacity-used': '#0b5394',
  '--capacity-granted': '#9cc9ef',
  '--capacity-free': '#ffffff',
  '--capacity-line': '#8792a2',
  '--capacity-over': '#d55e00',
  '--capacity-over-gap': '#ffd9bf',
};

const dark: typeof light = {
  '--mantine-color-body': '#171c23',
  '--mantine-color-dimmed': '#a6b0be',
  '--mantine-color-error': '#ff8a7d',
  '--surface-page': '#0f1318',
  '--surface-inset': '#1c222a',
  '--surface-hover': '#1d232c',
  '--surface-chosen': '#23264a',
  '--line': '#272e38',
  '--line-strong': '#414b59',
  '--ink': '#e6e9ee',
  '--ink-soft': '#a6b0be',
  '--focus': '#8f95f0',
  '--status-good': '#62d08f',
  '--status-busy': '#a3a7f2',
  '--status-warn': '#f0b45a',
  '--status-bad': '#ff8a7d',
  '--status-good-tint': '#13301f',
  '--status-busy-tint': '#23264a',
  '--status-warn-tint': '#35280f',
  '--status-bad-tint': '#3b1a18',
  '--capacity-used': '#2a75c0',
  '--capacity-granted': '#86b9e8',
  '--capacity-free': '#171c23',
  '--capacity-line': '#6b7686',
  '--capacity-over': '#f0772b',
  '--capacity-over-gap': '#4a2a15',
};

/** Every colour of the portal that is not a control's: surfaces, lines, text, status and the house's capacity scale. */
export const tokens: CSSVariablesResolver = () => ({ variables: {}, light, dark });
