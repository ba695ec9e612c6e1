import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP server on loopback that counts who comes; it says nothing unless `talk` does. */
export async function recordingServer(talk: (socket: Socket) => void = () => undefined) {
  const open = new Set<Socket>();
  const seen = { connections: 0 };
  const server = createServer((socket) => {
    open.add(socket);
    seen.connections++;
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    socket.resume();
    talk(socket);
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address) resolve(address.port);
      else reject(new Error('no port'));
    });
  });
  return {
    port,
    seen,
    open,
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Sends these bytes to a server, says nothing more, and answers what comes back until it hangs up. */
export async function exchange(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}
