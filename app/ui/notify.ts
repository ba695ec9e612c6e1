import { notifications } from '@mantine/notifications';

/** Tells that something was done, out of the way of what comes next. */
export const notifyDone = (message: string): void => {
  notifications.show({ message, color: 'green', autoClose: 4_000 });
};
