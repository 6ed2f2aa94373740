package main

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func (n *node) setStatus(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": pod.UID}, "status": status})
	if err != nil {
		return err
	}
	pods := n.client.CoreV1().Pods(pod.Namespace)
	_, err = pods.Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	// Deleted, or already followed by another pod of its name.
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) || ctx.Err() != nil {
		return nil
	}
	return err
}

func (n *node) runningStatus(pod *corev1.Pod, box *sandbox, ready bool) corev1.PodStatus {
	state := corev1.ConditionFalse
	if ready {
		state = corev1.ConditionTrue
	}
	container := pod.Spec.Containers[0]
	started := metav1.NewTime(box.startedAt)
	return corev1.PodStatus{
		Phase:     corev1.PodRunning,
		HostIP:    n.nodeIP,
		HostIPs:   []corev1.HostIP{{IP: n.nodeIP}},
		PodIP:     box.address,
		PodIPs:    []corev1.PodIP{{IP: box.address}},
		StartTime: &started,
		Conditions: []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
			{Type: corev1.PodInitialized, Status: corev1.ConditionTrue},
			{Type: corev1.ContainersReady, Status: state},
			{Type: corev1.PodReady, Status: state},
		},
		ContainerStatuses: []corev1.ContainerStatus{{
			Name:    container.Name,
			Image:   container.Image,
			ImageID: container.Image,
			Ready:   ready,
			Started: &ready,
			State:   corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}},
		}},
	}
}

func waitingStatus(pod *corev1.Pod, message string) corev1.PodStatus {
	var statuses []corev1.ContainerStatus
	for _, container := range pod.Spec.Containers {
		waiting := &corev1.ContainerStateWaiting{Reason: "ErrImageNeverPull", Message: message}
		statuses = append(statuses, corev1.ContainerStatus{
			Name:  container.Name,
			Image: container.Image,
			State: corev1.ContainerState{Waiting: waiting},
		})
	}
	return corev1.PodStatus{
		Phase:             corev1.PodPending,
		Conditions:        []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}},
		ContainerStatuses: statuses,
	}
}
