package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

const (
	workers = 4
	// Volumes come from Secrets that may be created after the pods that mount them.
	retryAfter = 300 * time.Millisecond
)

// node runs pods. A pod's sandbox is found by the pod's UID.
type node struct {
	settings
	client    kubernetes.Interface
	starter   chan startRequest
	mutex     sync.Mutex
	sandboxes map[types.UID]*sandbox
	names     map[string]types.UID
	addresses int
}

func newNode(s settings, client kubernetes.Interface) *node {
	n := &node{
		settings:  s,
		client:    client,
		starter:   make(chan startRequest),
		sandboxes: map[types.UID]*sandbox{},
		names:     map[string]types.UID{},
	}
	go startProcesses(n.starter)
	return n
}

// register creates the Node object and says that it is ready; the API server finds the logs at this port.
func (n *node) register(ctx context.Context, kubeletPort int32) error {
	object := &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name:   n.nodeName,
		Labels: map[string]string{corev1.LabelHostname: n.nodeName, corev1.LabelOSStable: "linux"},
	}}
	if _, err := n.client.CoreV1().Nodes().Create(ctx, object, metav1.CreateOptions{}); err != nil {
		return err
	}
	status := corev1.NodeStatus{
		Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: n.nodeIP}},
		Conditions:      []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Running"}},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: kubeletPort}},
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	_, err = n.client.CoreV1().Nodes().PatchStatus(ctx, n.nodeName, patch)
	return err
}

// watch follows all pods until the context ends.
func (n *node) watch(ctx context.Context) error {
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	defer queue.ShutDown()
	informer := informers.NewSharedInformerFactory(n.client, 0).Core().V1().Pods()
	add := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			queue.Add(key)
		}
	}
	if _, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    add,
		UpdateFunc: func(_, object any) { add(object) },
		DeleteFunc: add,
	}); err != nil {
		return err
	}
	go informer.Informer().Run(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.Informer().HasSynced) {
		return ctx.Err()
	}
	log.Printf("node %s is ready", n.nodeName)
	for range workers {
		go n.work(ctx, queue, informer.Informer().GetStore())
	}
	<-ctx.Done()
	return ctx.Err()
}

func (n *node) work(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string], store cache.Store) {
	for {
		key, done := queue.Get()
		if done {
			return
		}
		object, exists, _ := store.GetByKey(key)
		if !exists {
			n.remove(key, "")
		} else if err := n.sync(ctx, key, object.(*corev1.Pod)); err != nil {
			log.Printf("%s: %v", key, err)
			queue.AddAfter(key, retryAfter)
		}
		queue.Done(key)
	}
}

// sync brings one pod a step further.
func (n *node) sync(ctx context.Context, key string, pod *corev1.Pod) error {
	// A new pod of the same name.
	n.remove(key, pod.UID)
	switch {
	case pod.DeletionTimestamp != nil:
		n.remove(key, "")
		return n.delete(ctx, pod)
	case pod.Spec.NodeName == "":
		return n.bind(ctx, pod)
	case pod.Spec.NodeName != n.nodeName:
		return nil
	}
	if reason := n.refusal(pod); reason != "" {
		return n.setStatus(ctx, pod, waitingStatus(pod, reason))
	}
	return n.start(ctx, key, pod)
}

func (n *node) bind(ctx context.Context, pod *corev1.Pod) error {
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: n.nodeName},
	}
	err := n.client.CoreV1().Pods(pod.Namespace).Bind(ctx, binding, metav1.CreateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// refusal says why this node cannot run a pod; empty if it can.
func (n *node) refusal(pod *corev1.Pod) string {
	if len(pod.Spec.Containers) != 1 || len(pod.Spec.InitContainers) > 0 {
		return "this node runs pods of one container only"
	}
	if name := imageName(pod.Spec.Containers[0].Image); name != n.image {
		return "this node has no image but " + n.image
	}
	return ""
}

func (n *node) start(ctx context.Context, key string, pod *corev1.Pod) error {
	n.mutex.Lock()
	_, running := n.sandboxes[pod.UID]
	n.mutex.Unlock()
	if running {
		return nil
	}
	box, err := n.startSandbox(ctx, pod)
	if err != nil {
		return err
	}
	n.mutex.Lock()
	n.sandboxes[pod.UID] = box
	n.names[key] = pod.UID
	n.mutex.Unlock()
	go n.announce(ctx, pod, box)
	return nil
}

// announce says that a pod is ready as soon as it listens, and that it ended when it does so by itself.
func (n *node) announce(ctx context.Context, pod *corev1.Pod, box *sandbox) {
	if err := n.setStatus(ctx, pod, n.runningStatus(pod, box, false)); err != nil {
		log.Printf("%s/%s: %v", pod.Namespace, pod.Name, err)
	}
	for !box.listens() {
		select {
		case <-box.ended:
			log.Printf("%s/%s ended before it listened:\n%s", pod.Namespace, pod.Name, box.log.text())
			return
		case <-time.After(25 * time.Millisecond):
		}
	}
	if err := n.setStatus(ctx, pod, n.runningStatus(pod, box, true)); err != nil {
		log.Printf("%s/%s: %v", pod.Namespace, pod.Name, err)
	}
	<-box.ended
	if !box.stopped() {
		log.Printf("%s/%s ended by itself:\n%s", pod.Namespace, pod.Name, box.log.text())
		if err := n.setStatus(ctx, pod, n.runningStatus(pod, box, false)); err != nil {
			log.Printf("%s/%s: %v", pod.Namespace, pod.Name, err)
		}
	}
}

// remove ends the pod of this name unless it is the one to keep.
func (n *node) remove(key string, keep types.UID) {
	n.mutex.Lock()
	uid, known := n.names[key]
	box := n.sandboxes[uid]
	if known && uid != keep {
		delete(n.names, key)
		delete(n.sandboxes, uid)
	}
	n.mutex.Unlock()
	if known && uid != keep && box != nil {
		box.stop()
	}
}

// delete confirms that a pod is gone.
func (n *node) delete(ctx context.Context, pod *corev1.Pod) error {
	grace := int64(0)
	err := n.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &grace,
		Preconditions:      &metav1.Preconditions{UID: &pod.UID},
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
