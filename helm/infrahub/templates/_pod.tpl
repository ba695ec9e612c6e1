{{/* A setting's value as text: a number as it was written, never as 1e+06. */}}
{{- define "infrahub.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end -}}
{{- end }}

{{/* Environment variables that say in which file a secret or another file is; takes (list $secrets $files). */}}
{{- define "infrahub.fileVariables" -}}
{{- range $name, $_ := index . 0 }}
- name: {{ $name }}_FILE
  value: /run/infrahub/{{ $name }}
{{- end }}
{{- range $name, $_ := index . 1 }}
- name: {{ $name }}
  value: /run/infrahub/{{ $name }}
{{- end }}
{{- end }}

{{/* What a Pod needs beside its container and its volumes. Restricted Pod Security. */}}
{{- define "infrahub.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end }}

{{/* A Pod's volumes; takes (list $ $secrets $files). Nobody but root owns the secrets, and only the Pod's group reads them. */}}
{{- define "infrahub.volumes" -}}
{{- $ := index . 0 -}}
- name: temporary
  emptyDir:
    sizeLimit: {{ $.Values.temporarySize | quote }}
- name: secrets
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- range $name, $at := index . 1 }}
      - secret:
          name: {{ $at.name | quote }}
          items:
            - key: {{ $at.key | quote }}
              path: {{ $name }}
      {{- end }}
      {{- range $name, $at := index . 2 }}
      - {{ if $at.secret }}secret{{ else }}configMap{{ end }}:
          name: {{ $at.secret | default $at.configMap | quote }}
          items:
            - key: {{ $at.key | quote }}
              path: {{ $name }}
      {{- end }}
{{- with $.Values.trustedCertificates }}
{{- if .configMap }}
- name: certificates
  configMap:
    name: {{ .configMap | quote }}
    items:
      - key: {{ .key | quote }}
        path: ca-certificates.crt
{{- end }}
{{- end }}
{{- end }}

{{/* What every container has. The image keeps its public CAs where an organisation's own are mounted over them. */}}
{{- define "infrahub.container" -}}
image: {{ include "infrahub.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: temporary
    mountPath: /tmp
  - name: secrets
    mountPath: /run/infrahub
    readOnly: true
  {{- if .Values.trustedCertificates.configMap }}
  - name: certificates
    mountPath: /etc/ssl/certs
    readOnly: true
  {{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end }}
