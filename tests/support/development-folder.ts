/** Where the portal's build for development lies; `build` is cleared by the one for production. */
export const DEVELOPMENT_FOLDER = '.cache/development-portal';
