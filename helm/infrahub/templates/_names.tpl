{{/* Labels by which selectors find one component; takes (list $ component). */}}
{{- define "infrahub.selector" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: infrahub
app.kubernetes.io/instance: {{ $.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of everything that belongs to one component; takes (list $ component). */}}
{{- define "infrahub.labels" -}}
{{- $ := index . 0 -}}
{{ include "infrahub.selector" . }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | quote }}
{{- end }}

{{- define "infrahub.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}{{ else }}{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}
