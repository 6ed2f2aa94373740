package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mount writes the pod's volumes into its root directory. It fails while a Secret or ConfigMap is not there yet.
func (n *node) mount(ctx context.Context, pod *corev1.Pod, root string) error {
	for _, mount := range pod.Spec.Containers[0].VolumeMounts {
		folder := filepath.Join(root, mount.MountPath)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		for _, volume := range pod.Spec.Volumes {
			if volume.Name != mount.Name {
				continue
			}
			content, err := n.content(ctx, pod.Namespace, volume)
			if err != nil {
				return err
			}
			if err := write(folder, content); err != nil {
				return err
			}
		}
	}
	return nil
}

// content is a volume's files by path. Tokens for the API server are left out: nothing here talks to it.
func (n *node) content(ctx context.Context, namespace string, volume corev1.Volume) (map[string][]byte, error) {
	switch {
	case volume.Secret != nil:
		secret, err := n.client.CoreV1().Secrets(namespace).Get(ctx, volume.Secret.SecretName, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		return choose(secret.Data, volume.Secret.Items)
	case volume.ConfigMap != nil:
		configMap, err := n.client.CoreV1().ConfigMaps(namespace).Get(ctx, volume.ConfigMap.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		data := map[string][]byte{}
		for key, value := range configMap.Data {
			data[key] = []byte(value)
		}
		return choose(data, volume.ConfigMap.Items)
	case volume.EmptyDir != nil, volume.Projected != nil:
		return nil, nil
	}
	return nil, fmt.Errorf("volume %s is of a kind that this node does not have", volume.Name)
}

func choose(data map[string][]byte, items []corev1.KeyToPath) (map[string][]byte, error) {
	if len(items) == 0 {
		return data, nil
	}
	chosen := map[string][]byte{}
	for _, item := range items {
		value, found := data[item.Key]
		if !found {
			return nil, fmt.Errorf("key %s is missing", item.Key)
		}
		chosen[item.Path] = value
	}
	return chosen, nil
}

func write(folder string, content map[string][]byte) error {
	for path, value := range content {
		file := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, value, 0o600); err != nil {
			return err
		}
	}
	return nil
}
