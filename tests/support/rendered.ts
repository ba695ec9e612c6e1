import { z } from 'zod';
import type { KubernetesObject } from './kubernetes.ts';

const container = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
  securityContext: z.unknown(),
});
const template = z.looseObject({
  metadata: z.object({ labels: z.record(z.string(), z.string()), annotations: z.unknown().optional() }),
  spec: z.looseObject({
    terminationGracePeriodSeconds: z.number().optional(),
    securityContext: z.looseObject({}),
    volumes: z.array(z.looseObject({ name: z.string() })),
    containers: z.tuple([container]),
  }),
});
/** Labels, annotations, and the data of a ConfigMap. */
export const labels = z.record(z.string(), z.string());

/** The one object of that kind and name. */
export const one = (objects: KubernetesObject[], kind: string, name = 'infrahub'): KubernetesObject => {
  const [found, ...others] = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (!found || others.length > 0) throw new Error(`there must be one ${kind} ${name}`);
  return found;
};

/** The Pods that a Deployment or a Job starts. */
export const podOf = (object: KubernetesObject) =>
  z.looseObject({ spec: z.looseObject({ template }) }).parse(object).spec.template;
